/**
 * Finds what a test left behind: child processes, open sockets and files, temporary folders.
 * Take the inventory first, do the work, dispose of it, then `expectNothingLeft`. Linux only.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { commandLineOf, descendantsOf, isRunning } from './processTree.ts';
import { openTempFolders } from './tempFolder.ts';
import { waitFor } from './waitFor.ts';

export interface LeakCheck {
  /** Resolves once everything that came into being since the inventory is gone; fails with a list of what stayed. */
  expectNothingLeft(timeoutMs?: number): Promise<void>;
}

export function takeInventory(): LeakCheck {
  const before = new Set(inventory());
  const left = (): string[] => inventory().filter((entry) => !before.has(entry));
  return {
    async expectNothingLeft(timeoutMs = 5_000) {
      await waitFor(
        () => {
          const entries = left();
          if (entries.length > 0) throw new Error(`still there: ${entries.join(' · ')}`);
          return true;
        },
        { what: 'everything to be cleaned up', timeoutMs },
      );
    },
  };
}

function inventory(): string[] {
  const children = descendantsOf(process.pid)
    .filter(isRunning)
    .map((pid) => `process ${pid} (${commandLineOf(pid)})`);
  return [...children, ...openDescriptors(), ...openTempFolders().map((path) => `folder ${path}`)];
}

/** Sockets and files by what they are; what the runtime opens for itself (epoll, eventfd, pipes) has no leak to show. */
function openDescriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`);
      return /^(socket:|\/(?!dev\/|proc\/))/.test(target) ? [`descriptor ${descriptor} (${target})`] : [];
    } catch {
      // The descriptor of this very listing is closed by now.
      return [];
    }
  });
}
