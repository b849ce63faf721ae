/** What the server says about itself before anybody is logged in (`GET /api/v1/server`). */

export interface Provider {
  alias: string;
  label: string;
  /** Where the browser is sent to; takes `?return_to=`. */
  start: string;
}

interface ServerInfo {
  name: string;
  signup_open: boolean;
  password_chars: number;
  direct_policy: 'anyone' | 'friends';
  providers: Provider[];
}

/** Until the server has said otherwise. */
const UNKNOWN: ServerInfo = {
  name: 'Hubbub',
  signup_open: true,
  password_chars: 8,
  direct_policy: 'friends',
  providers: [],
};

class ServerState {
  info: ServerInfo = $state.raw(UNKNOWN);

  /** Whether one may write to people who are no friends. */
  get open(): boolean {
    return this.info.direct_policy === 'anyone';
  }

  /** Call when somebody comes, or is let in. A server that is away says so when one logs in. */
  async look(): Promise<void> {
    const response = await fetch('/api/v1/server').catch(() => undefined);
    if (response?.ok) this.info = (await response.json()) as ServerInfo;
  }
}

export const server = new ServerState();
