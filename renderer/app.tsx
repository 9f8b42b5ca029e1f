import { AppShell } from '@mantine/core';
import { useStudio } from './client/studio.ts';
import { ConnectionNotice } from './features/shell/connectionNotice.tsx';
import { Header } from './features/shell/header.tsx';
import { SignIn } from './features/shell/signIn.tsx';
import { Studio } from './features/shell/studio.tsx';

export function App() {
  const connection = useStudio((state) => state.connection);
  return (
    <AppShell header={{ height: 56 }} padding={{ base: 'md', sm: 'lg' }}>
      <AppShell.Header px={{ base: 'md', sm: 'lg' }}>
        <Header />
      </AppShell.Header>
      <AppShell.Main id="main" tabIndex={-1}>
        {connection === 'refused' ? <SignIn /> : <Studio />}
      </AppShell.Main>
      <ConnectionNotice connection={connection} />
    </AppShell>
  );
}
