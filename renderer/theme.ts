import { createTheme, type MantineColorsTuple } from '@mantine/core';

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
  '#107984',
  '#006973',
];

export const theme = createTheme({
  primaryColor: 'tide',
  primaryShade: { light: 8, dark: 5 },
  autoContrast: true,
  colors: { tide },
  defaultRadius: 8,
  fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "JetBrains Mono", "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  respectReducedMotion: true,
});
