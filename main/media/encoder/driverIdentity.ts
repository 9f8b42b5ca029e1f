import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { release } from 'node:os';

/**
 * A text that changes when the graphics driver or hardware does, as far as that can be told without asking it: kernel
 * release, NVIDIA's driver version, the render devices that there are.
 */
export async function driverIdentity(): Promise<string> {
  const [nvidia, devices] = await Promise.all([
    readFile('/proc/driver/nvidia/version', 'utf8').catch(() => ''),
    readdir('/dev/dri').catch(() => []),
  ]);
  const parts = [process.platform, process.arch, release(), nvidia, ...devices.sort()];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}
