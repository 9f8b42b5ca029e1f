import { useLayoutEffect, useRef } from 'react';
import { hashOf } from '../../client/place.ts';
import { useStudio } from '../../client/studio.ts';
import { usePlace } from '../../client/usePlace.ts';
import { NewStreamForm } from '../newStream/newStreamForm.tsx';
import { StreamScreen } from '../stream/streamScreen.tsx';
import { EmptyScreen } from './emptyScreen.tsx';
import { StreamList } from './streamList.tsx';

/** The streams on the left; beside them the one that is chosen, or the form for a new one. */
export function Studio() {
  const place = usePlace();
  useBeginning(hashOf(place));
  const streams = useStudio((state) => state.streams);
  const isLoaded = useStudio((state) => state.isLoaded);
  const chosenId = place.kind === 'stream' ? place.streamId : null;
  const stream =
    streams.find(({ id }) => id === chosenId) ?? streams.find(({ order }) => order === 'live') ?? streams[0];
  if (place.kind !== 'new' && !stream) return isLoaded ? <EmptyScreen /> : null;
  return (
    <div className="studio">
      <StreamList current={place.kind === 'new' ? null : (stream?.id ?? null)} />
      {place.kind === 'new' || !stream ? <NewStreamForm /> : <StreamScreen key={stream.id} stream={stream} />}
    </div>
  );
}

/** Another place begins at its top, for the eye and for the keyboard: as soon as it is seen, not a key press later. */
function useBeginning(hash: string): void {
  const shown = useRef(hash);
  useLayoutEffect(() => {
    if (shown.current === hash) return;
    shown.current = hash;
    scrollTo(0, 0);
    document.getElementById('main')?.focus({ preventScroll: true });
  }, [hash]);
}
