import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './studio.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { connect } from './client/studio.ts';
import { LastResort } from './components/lastResort.tsx';
import { startTranslations } from './i18n/index.ts';
import { cssVariables, theme } from './theme.ts';

await startTranslations();
connect();

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="dark">
      <Notifications position="bottom-right" />
      <LastResort>
        <App />
      </LastResort>
    </MantineProvider>
  </StrictMode>,
);
