/** What the desktop window adds to this page (preload/index.ts). */
export interface Desktop {
  /** Where a file lies that the user picked. */
  pathOf(file: File): string;
}

declare global {
  interface Window {
    readonly streamwareDesktop?: Desktop;
  }
}
