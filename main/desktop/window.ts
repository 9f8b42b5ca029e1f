import { BrowserWindow, type BrowserWindowConstructorOptions, shell } from 'electron';

/**
 * The one place where a window is made. What keeps a page in its sandbox is written after the caller's wishes,
 * so that no caller can switch it off (Electron security checklist 2, 3, 4, 13, 14, 15).
 */
export function createWindow(
  address: string,
  preload: string,
  wishes: BrowserWindowConstructorOptions = {},
): BrowserWindow {
  const window = new BrowserWindow({
    width: 1280,
    height: 820,
    minWidth: 720,
    minHeight: 480,
    backgroundColor: '#141517',
    ...wishes,
    webPreferences: {
      ...wishes.webPreferences,
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
    },
  });
  const { origin } = new URL(address);
  window.webContents.setWindowOpenHandler(({ url }) => {
    openOutside(url);
    return { action: 'deny' };
  });
  window.webContents.on('will-navigate', (event, url) => {
    if (new URL(url).origin !== origin) event.preventDefault();
  });
  window.webContents.session.setPermissionRequestHandler((contents, permission, decide) => {
    decide(permission === 'media' && new URL(contents.getURL()).origin === origin);
  });
  void window.loadURL(address);
  return window;
}

/** Only web addresses leave the app; anything else could start a program. */
function openOutside(url: string): void {
  if (/^https?:\/\//i.test(url)) void shell.openExternal(url);
}
