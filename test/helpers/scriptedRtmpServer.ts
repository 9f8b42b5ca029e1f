/**
 * An RTMP server that says what the test tells it to: for answers that no real server can be made to give.
 * It greets, answers connect and createStream, accepts publish, and lets the script change each of these.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Amf0Value } from '../../main/media/rtmp/amf0.ts';
import { ChunkReader } from '../../main/media/rtmp/chunkReader.ts';
import { ChunkWriter } from '../../main/media/rtmp/chunkWriter.ts';
import { commandMessage, parseCommand, type RtmpCommand } from '../../main/media/rtmp/commandMessage.ts';
import { createServerHandshake } from '../../main/media/rtmp/handshake.ts';
import type { RtmpMessage } from '../../main/media/rtmp/rtmpMessage.ts';

interface ScriptedPeer {
  readonly socket: Socket;
  /** Every message so far, media included. */
  readonly messages: readonly RtmpMessage[];
  send(...messages: RtmpMessage[]): void;
  /** A command on message stream 0. */
  say(name: string, transactionId: number, ...values: Amf0Value[]): void;
}

export interface ScriptedRtmpServer {
  readonly port: number;
  url(app?: string): string;
  /** All connections, oldest first. */
  readonly peers: readonly ScriptedPeer[];
  /** Every command of all connections, in order. */
  readonly commands: readonly RtmpCommand[];
  stop(): Promise<void>;
}

/** Called for each command; true means that the script has dealt with it. */
export type Script = (command: RtmpCommand, peer: ScriptedPeer) => boolean;

export async function startScriptedRtmpServer(script: Script = () => false): Promise<ScriptedRtmpServer> {
  const peers: ScriptedPeer[] = [];
  const commands: RtmpCommand[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined); // The client may break off; that is for the test to see.
    peers.push(
      serve(socket, (command, peer) => {
        commands.push(command);
        if (!script(command, peer)) answer(command, peer);
      }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: (app = 'live') => `rtmp://127.0.0.1:${port}/${app}`,
    peers,
    commands,
    stop: () => stop(server, peers),
  };
}

function serve(socket: Socket, onCommand: (command: RtmpCommand, peer: ScriptedPeer) => void): ScriptedPeer {
  const handshake = createServerHandshake();
  const writer = new ChunkWriter();
  const messages: RtmpMessage[] = [];
  let isOpen = false;
  const peer: ScriptedPeer = {
    socket,
    messages,
    send(...list) {
      const slices: Buffer[] = [];
      for (const message of list) writer.append(slices, message);
      socket.write(Buffer.concat(slices));
    },
    say(name, transactionId, ...values) {
      peer.send(commandMessage(0, name, transactionId, ...values));
    },
  };
  const reader = new ChunkReader((message) => {
    messages.push(message);
    const command = parseCommand(message);
    if (command !== null) onCommand(command, peer);
  });
  socket.on('data', (bytes) => {
    if (isOpen) return reader.push(bytes);
    const { reply, isDone, rest } = handshake.push(bytes);
    if (reply !== null) socket.write(reply);
    isOpen = isDone;
    if (isDone) reader.push(rest);
  });
  return peer;
}

function answer({ name, transactionId }: RtmpCommand, peer: ScriptedPeer): void {
  if (name === 'connect') {
    peer.say('_result', transactionId, {}, { level: 'status', code: 'NetConnection.Connect.Success' });
  }
  if (name === 'createStream') peer.say('_result', transactionId, null, 1);
  if (name === 'publish')
    peer.say('onStatus', 0, null, { level: 'status', code: 'NetStream.Publish.Start', description: '' });
}

async function stop(server: Server, peers: readonly ScriptedPeer[]): Promise<void> {
  for (const peer of peers) peer.socket.destroy();
  if (!server.listening) return;
  server.close();
  await once(server, 'close');
}
