import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from './en.json' with { type: 'json' };
import pl from './pl.json' with { type: 'json' };

export const languages = ['en', 'pl'] as const;
export type Language = (typeof languages)[number];
const STORAGE_KEY = 'streamware.language';

/** The user's choice, else the browser's language, else English. */
export async function startTranslations(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: { en: { translation: en }, pl: { translation: pl } },
    lng:
      localStorage.getItem(STORAGE_KEY) ?? (navigator.language.toLowerCase().startsWith('pl') ? 'pl' : 'en'),
    fallbackLng: 'en',
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  document.documentElement.lang = i18next.language;
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(STORAGE_KEY, language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}
