import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

/** The one accent. Red is kept for "on air" alone; trouble is amber, failure a darker orange. */
const tide: MantineColorsTuple = [
  '#e6f7f8',
  '#d3ebee',
  '#a9d6db',
  '#7bc0c8',
  '#57adb7',
  '#41a2ad',
  '#329ca8',
  '#228894',
  '#0f7c88',
  '#006973',
];

/** Night in a control room: neutral with a breath of blue, so that pictures keep their colours. */
const dark: MantineColorsTuple = [
  '#d8dde3',
  '#b6bec7',
  '#949eaa',
  '#6d7884',
  '#333d47',
  '#27303a',
  '#1c232b',
  '#12171d',
  '#0c1014',
  '#07090c',
];

export const theme = createTheme({
  primaryColor: 'tide',
  primaryShade: 8,
  autoContrast: true,
  colors: { tide, dark },
  defaultRadius: 8,
  fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "JetBrains Mono", "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  respectReducedMotion: true,
});

/** Colours that mean something. Each has at least 4.5:1 against the page it stands on. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: { '--on-air': '#c4202c' },
  light: {
    '--mantine-color-dimmed': '#56616c',
    '--mantine-color-placeholder': '#68737e',
    '--mantine-color-error': '#a83a00',
    '--surface': '#f5f7f8',
    '--line': '#dfe4e8',
    '--state-live': '#16733f',
    '--state-busy': '#0e7480',
    '--state-trouble': '#855600',
    '--state-failed': '#a83a00',
    '--state-off': '#56616c',
  },
  dark: {
    '--mantine-color-tide-light-color': '#7bc0c8',
    '--mantine-color-dimmed': '#949eaa',
    '--mantine-color-placeholder': '#7f8a96',
    '--mantine-color-error': '#f0834a',
    '--surface': '#171d24',
    '--line': '#27303a',
    '--state-live': '#4cc38a',
    '--state-busy': '#57adb7',
    '--state-trouble': '#e8b339',
    '--state-failed': '#f0834a',
    '--state-off': '#949eaa',
  },
});
