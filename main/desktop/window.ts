import { BrowserWindow, type Session, shell } from 'electron';

/** What the studio page may ask of the system: copying a stream key, and its preview on the whole screen. */
const PERMISSIONS: readonly string[] = ['clipboard-sanitized-write', 'fullscreen'];

/**
 * The one place where a window is made: the studio at `address`, in a sandbox, unable to go anywhere else
 * (Electron security checklist 2, 3, 4, 5, 13, 14, 15).
 */
export function createWindow(address: string, preload: string): BrowserWindow {
  const window = new BrowserWindow({
    width: 1280,
    height: 820,
    minWidth: 400,
    minHeight: 480,
    backgroundColor: '#12171d',
    autoHideMenuBar: true,
    webPreferences: { preload, contextIsolation: true, sandbox: true, nodeIntegration: false },
  });
  const { webContents } = window;
  const { origin } = new URL(address);
  webContents.setWindowOpenHandler(({ url }) => {
    openOutside(url);
    return { action: 'deny' };
  });
  webContents.on('will-navigate', (event, url) => {
    if (new URL(url).origin !== origin) event.preventDefault();
  });
  // The broadcast is the engine's and goes on; only its picture of it is drawn anew.
  webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason !== 'clean-exit') webContents.reload();
  });
  limitPermissions(webContents.session, origin);
  void window.loadURL(address);
  return window;
}

function limitPermissions(session: Session, origin: string): void {
  const isAllowed = (permission: string, url: string): boolean =>
    PERMISSIONS.includes(permission) && (url === origin || url.startsWith(`${origin}/`));
  session.setPermissionRequestHandler((_contents, permission, decide, { requestingUrl }) => {
    decide(isAllowed(permission, requestingUrl));
  });
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin) =>
    isAllowed(permission, requestingOrigin),
  );
}

/** Only web addresses leave the app; anything else could start a program. */
function openOutside(url: string): void {
  if (/^https?:\/\//i.test(url)) void shell.openExternal(url);
}
