/** The shape of a handler: one per endpoint row, given parsed values, giving the answer's body. */
import type { z } from 'zod';
import type { EndpointId, Endpoints } from '../../contract/api/index.ts';
import type { Endpoint, EndpointCall } from '../../contract/endpoint.ts';
import type { Caller } from '../ports.ts';

export interface CallContext {
  readonly caller: Caller;
  /** Base address as the caller sees it, such as `http://127.0.0.1:7420`. */
  readonly baseUrl: string;
  /** Sets a header of the answer. */
  readonly setHeader: (name: string, value: string) => void;
}

export type Handler<E extends Endpoint> = (
  call: EndpointCall<E>,
  context: CallContext,
) => Promise<z.input<E['response']>> | z.input<E['response']>;

/** What the handler of one endpoint gets. */
export type Call<Id extends EndpointId> = EndpointCall<Endpoints[Id]>;

/** Some of the endpoints with their handlers. */
export type HandlersOf<Ids extends EndpointId> = { readonly [Id in Ids]: Handler<Endpoints[Id]> };
/** All of them: a row without a handler does not compile. */
export type Handlers = HandlersOf<EndpointId>;
