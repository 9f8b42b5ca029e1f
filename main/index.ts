import { join } from 'node:path';
import { app, dialog } from 'electron';
import { linkEngine } from './desktop/engineLink.ts';
import { createWindow } from './desktop/window.ts';

// The Electron entry: one instance, one window on the engine's studio. The engine itself is another process.
if (app.requestSingleInstanceLock()) void openStudio();
else app.quit();

async function openStudio(): Promise<void> {
  await app.whenReady();
  try {
    const { studioUrl } = await linkEngine(__dirname);
    const window = createWindow(studioUrl, join(__dirname, 'preload.cjs'));
    app.on('second-instance', () => window.focus());
  } catch (error) {
    dialog.showErrorBox('streamware', `The engine did not start. Nothing was changed.\n\n${String(error)}`);
    app.quit();
  }
}

app.on('window-all-closed', () => app.quit());
