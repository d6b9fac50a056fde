import { releaseRows } from './frame.js';
import type { Frame } from './frame.js';
import type { LinkAccount } from './link-account.js';
import type { OutboundLink } from './outbound-link.js';

/** All links of a stage to its consumers, each of which gets the same bytes. A frame is encoded once for all. */
export class FanOut {
  /** @param links of one stage, which have sent nothing yet and send only from here on */
  constructor(readonly links: readonly [OutboundLink, ...OutboundLink[]]) {}

  /** Of each link. The time of encoding is counted for the first. */
  get accounts(): readonly LinkAccount[] {
    return this.links.map(({ account }) => account);
  }

  /**
   * Sends a frame to all consumers, and waits until each has given credit for it. One call at a time. The memory of the blocks
   * must not change before the frame is released, which is once no link needs it any more.
   * @throws as {@link OutboundLink.send}, the error of the first link that fails
   */
  async send(frame: Frame): Promise<void> {
    const parts = this.links[0].encode(frame);
    let holding = this.links.length;
    const letGo = (): void => {
      holding--;
      if (holding === 0) releaseRows(frame);
    };
    await Promise.all(this.links.map((link) => link.pass(parts, letGo)));
  }

  /**
   * Waits until every consumer has read the end of the stream and hung up, however long that takes.
   * @throws ConnectionLostError when one was gone before
   */
  async drained(): Promise<void> {
    await Promise.all(this.links.map((link) => link.drained()));
  }

  /** Ends all links at once. */
  close(): void {
    for (const link of this.links) link.close();
  }
}
