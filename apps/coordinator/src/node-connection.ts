import { Channel, nodeMessage } from '@layerline/protocol';
import type { CoordinatorMessage, NodeMessage } from '@layerline/protocol';
import type { WebSocket } from 'ws';

/** Something that wants to know what happens on a node. */
export interface NodeListener {
  message(node: NodeConnection, message: NodeMessage): void;
  lost(node: NodeConnection, reason: string): void;
}

/** A node that has joined. */
export class NodeConnection {
  readonly #channel: Channel<NodeMessage, CoordinatorMessage>;
  #listener: NodeListener | undefined;

  /**
   * @param host the address that the node is reached at by its neighbours
   * @param joined called once, with the node's name
   */
  constructor(
    socket: WebSocket,
    readonly host: string,
    version: string,
    handlers: { readonly joined: (node: NodeConnection) => void; readonly left: (node: NodeConnection) => void },
  ) {
    this.#channel = new Channel(socket, nodeMessage, {
      message: (message) => {
        if (message.type !== 'join') return this.#listener?.message(this, message);
        this.name = message.name;
        this.send({ type: 'welcome', version });
        handlers.joined(this);
      },
      closed: (reason) => {
        handlers.left(this);
        this.#listener?.lost(this, reason);
      },
    });
  }

  name = 'a node that has not joined';

  /** Tells `listener` all that happens from here on, or nobody. */
  listen(listener: NodeListener | undefined): void {
    this.#listener = listener;
  }

  send(message: CoordinatorMessage): void {
    this.#channel.send(message);
  }

  close(): void {
    this.#channel.close();
  }
}
