import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from './en.json' with { type: 'json' };
import pl from './pl.json' with { type: 'json' };

export const languages = ['en', 'pl'] as const;
export type Language = (typeof languages)[number];
const STORAGE_KEY = 'streamware.language';

declare module 'i18next' {
  /** Every key is checked by the compiler. */
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

/** The user's choice, else the browser's language, else English. */
export async function startTranslations(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: { en: { translation: en }, pl: { translation: pl } },
    lng: chosenLanguage(),
    fallbackLng: 'en',
    interpolation: { escapeValue: false }, // React escapes.
  });
  document.documentElement.lang = i18next.language;
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(STORAGE_KEY, language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}

function chosenLanguage(): Language {
  const chosen = localStorage.getItem(STORAGE_KEY) ?? navigator.language;
  return languages.find((language) => chosen.toLowerCase().startsWith(language)) ?? 'en';
}
