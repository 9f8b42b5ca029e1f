import { contextBridge, webUtils } from 'electron';

/** What a page cannot find out by itself. It gets no way to call into Electron. */
contextBridge.exposeInMainWorld('streamwareDesktop', {
  pathOf: (file: File) => webUtils.getPathForFile(file),
});
