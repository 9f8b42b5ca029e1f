import { contextBridge } from 'electron';

/** What the page cannot know by itself. It gets no way to call into Electron. */
contextBridge.exposeInMainWorld('streamwareDesktop', { platform: process.platform });
