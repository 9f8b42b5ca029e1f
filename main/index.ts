/** The Electron entry: one instance, one window on the engine's studio. The engine itself is another process. */
import { join } from 'node:path';
import { app, dialog } from 'electron';
import { linkEngine } from './desktop/engineLink.ts';
import { createWindow } from './desktop/window.ts';

if (app.requestSingleInstanceLock()) void openStudio();
else app.quit();

app.on('window-all-closed', () => app.quit());

async function openStudio(): Promise<void> {
  await app.whenReady();
  try {
    const window = createWindow(await linkEngine(__dirname), join(__dirname, 'preload.cjs'));
    app.on('second-instance', () => {
      if (window.isMinimized()) window.restore();
      window.focus();
    });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    dialog.showErrorBox('streamware', `The engine did not start. Nothing was changed.\n\n${words}`);
    app.quit();
  }
}
