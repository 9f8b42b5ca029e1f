/** On what a result was measured: without it no figure means anything. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { runTool } from '../helpers/childProcess.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly ffmpeg: string;
  readonly nginx: string;
}

export async function describeMachine(): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${distribution()}, ${type()} ${release()}`,
    node: process.versions.node,
    ffmpeg:
      /^ffmpeg version (?<version>\S+)/.exec(await firstLine('ffmpeg', '-version'))?.groups?.version ??
      'unknown',
    nginx: await nginxVersion(),
  };
}

function distribution(): string {
  try {
    return (
      /^PRETTY_NAME="?(?<name>[^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.groups?.name ??
      'unknown'
    );
  } catch {
    return 'unknown'; // Not a Linux, or one without the file.
  }
}

async function firstLine(command: string, ...args: string[]): Promise<string> {
  return (await runTool(command, args)).split('\n')[0] ?? '';
}

/** nginx tells its version on standard error, so the package list is asked instead where there is one. */
async function nginxVersion(): Promise<string> {
  try {
    const listed = await runTool('dpkg-query', ['-W', 'nginx', 'libnginx-mod-rtmp']);
    return listed.trim().replaceAll('\t', ' ').replaceAll('\n', '; ');
  } catch {
    return 'unknown'; // Not a Debian.
  }
}
