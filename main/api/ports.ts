/**
 * What the HTTP and WebSocket side needs from the rest of the engine, in interfaces of its own. It knows nothing of
 * ffmpeg, sockets to destinations or SQLite; whoever composes the engine hands these in.
 * Every method that can fail throws a `StreamwareError` listed in the endpoint's row.
 */

import type { Broadcast } from '../contract/api/broadcasts.ts';
import type { Destination, DestinationCheck } from '../contract/api/destinations.ts';
import type { DoctorCheck, EngineInfo, Liveness } from '../contract/api/engine.ts';
import type { OutputPatch } from '../contract/api/outputs.ts';
import type { ProbeResult } from '../contract/api/probe.ts';
import type { Clip } from '../contract/api/replay.ts';
import type { HealthHistory } from '../contract/api/streams.ts';
import type { Page, PageQuery, Scope } from '../contract/endpoint.ts';
import type { EngineEvent } from '../contract/events.ts';
import type { Input } from '../contract/inputs.ts';
import type { Output } from '../contract/outputs.ts';
import type { RenditionRequest } from '../contract/processing.ts';
import type {
  OutputStatus,
  QualityRequest,
  Stream,
  StreamConfig,
  StreamHealth,
  StreamState,
  TimelineEvent,
} from '../contract/streams.ts';

/** Who asks. Decides what may be named: absolute paths are for `admin` alone. */
export interface Caller {
  readonly tokenId: string | null;
  readonly name: string;
  /** Everything the token allows, the lower scopes included. */
  readonly scopes: readonly Scope[];
  readonly plugin: string | null;
  readonly ip: string;
  readonly userAgent: string;
}

interface StreamsPort {
  create(config: StreamConfig, options: { start: boolean }, caller: Caller): Promise<Stream>;
  list(query: PageQuery & { state?: StreamState | undefined }): Promise<Page<Stream>>;
  get(streamId: string): Promise<Stream>;
  rename(streamId: string, name: string, caller: Caller): Promise<Stream>;
  start(streamId: string, caller: Caller): Promise<Stream>;
  stop(streamId: string, caller: Caller): Promise<Stream>;
  delete(streamId: string, caller: Caller): Promise<void>;
}

interface OutputsPort {
  addOutput(streamId: string, output: Output, caller: Caller): Promise<OutputStatus>;
  updateOutput(streamId: string, outputId: string, patch: OutputPatch, caller: Caller): Promise<OutputStatus>;
  removeOutput(streamId: string, outputId: string, caller: Caller): Promise<void>;
  retryOutput(streamId: string, outputId: string, caller: Caller): Promise<OutputStatus>;
}

/** What is done to a stream while it is live. */
interface LivePort {
  adjustQuality(streamId: string, request: QualityRequest, caller: Caller): Promise<Stream>;
  /** `index`: which `text` step, counted from 0. */
  setText(streamId: string, index: number, text: string, caller: Caller): Promise<void>;
  addMarker(streamId: string, label: string, caller: Caller): Promise<TimelineEvent>;
  saveReplay(streamId: string, seconds: number, caller: Caller): Promise<Clip>;
}

/** What is known about streams. */
interface ObservationPort {
  health(streamId: string): Promise<StreamHealth>;
  /** `fromMs`, `toMs`: epoch ms. */
  healthHistory(streamId: string, span: { fromMs: number; toMs: number }): Promise<HealthHistory>;
  timeline(streamId: string, query: PageQuery): Promise<Page<TimelineEvent>>;
  /** Every event of every stream; returns the function that ends it. */
  onEvent(listener: (event: EngineEvent) => void): () => void;
}

interface BroadcastsPort {
  list(query: PageQuery & { streamId?: string | undefined }): Promise<Page<Broadcast>>;
  get(broadcastId: string): Promise<Broadcast>;
  timeline(broadcastId: string, query: PageQuery): Promise<Page<TimelineEvent>>;
}

interface DestinationsPort {
  list(): readonly Destination[];
  check(output: Output, program: RenditionRequest | undefined, caller: Caller): Promise<DestinationCheck>;
}

export interface ProbePort {
  probe(input: Input, caller: Caller): Promise<ProbeResult>;
}

export interface EnginePort {
  liveness(): Liveness;
  /** Without `url` and `mediaUrl`, which the API knows itself. */
  info(): Promise<Omit<EngineInfo, 'url' | 'mediaUrl'>>;
  doctor(): Promise<DoctorCheck[]>;
  /** Begins to stop; resolves before the engine is gone, so that the answer still gets out. */
  stop(caller: Caller): Promise<void>;
}

/** HLS files. Implemented by main/media/outputs/hls. */
export interface HlsPort {
  /**
   * The real path of an existing regular file for a decoded URL path below /live/ (such as `str_1/index.m3u8`), or null.
   * Never a path outside the media folder, also not through a symbolic link.
   */
  resolve(pathBelowLive: string): Promise<string | null>;
}

export interface AuditRecord {
  readonly at: number;
  readonly action: 'auth.failed' | 'auth.throttled' | 'token.created' | 'token.revoked' | 'session.created';
  readonly ip: string;
  readonly userAgent: string;
  readonly tokenId: string | null;
  readonly detail: string;
}

export interface AuditPort {
  record(record: AuditRecord): void;
}

export interface ApiPorts {
  readonly streams: StreamsPort;
  readonly outputs: OutputsPort;
  readonly live: LivePort;
  readonly observation: ObservationPort;
  readonly broadcasts: BroadcastsPort;
  readonly destinations: DestinationsPort;
  readonly probe: ProbePort;
  readonly engine: EnginePort;
  readonly hls: HlsPort;
  readonly audit: AuditPort;
}
