import { join } from 'node:path';
import { runTool } from './childProcess.ts';

export interface TestCertificate {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Makes a self-signed certificate for `localhost` and 127.0.0.1, valid for a day, as PEM files in `folder`. */
export async function createTestCertificate(folder: string): Promise<TestCertificate> {
  const certificateFile = join(folder, 'certificate.pem');
  const keyFile = join(folder, 'key.pem');
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  await runTool('openssl', ['req', '-x509', ...key, '-out', certificateFile, '-days', '1', ...subject]);
  return { certificateFile, keyFile };
}
