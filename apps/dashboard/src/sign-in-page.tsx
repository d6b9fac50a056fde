import { Command, Message } from './ui/states.js';

/** For those whom the coordinator does not know. @param why what became of the attempt, if there was one */
export function SignInPage({ why }: { readonly why: string | undefined }) {
  return (
    <Message title="You are not signed in">
      {why !== undefined && <p class="banner banner-bad">{why}</p>}
      <p>Get an address that signs you in. On the machine where the coordinator runs, type:</p>
      <Command text="layerline dashboard" />
      <p class="dim">
        It works once, and for ten minutes. To let others watch but not steer, add <code>--role viewer</code>.
      </p>
    </Message>
  );
}
