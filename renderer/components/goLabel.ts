import type { TFunction } from 'i18next';

/** What the button that starts a stream says: exactly what will happen. */
export function goLabel(t: TFunction, what: { destinations: number; isRecording: boolean }): string {
  if (what.destinations > 0) return t('go.live', { count: what.destinations });
  return what.isRecording ? t('go.record') : t('go.watch');
}
