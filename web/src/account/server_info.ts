/** What the server says about itself before anybody is logged in (`GET /api/v1/server`). */

export interface Provider {
  alias: string;
  label: string;
  /** Where the browser is sent to; takes `?return_to=`. */
  start: string;
}

export interface ServerInfo {
  name: string;
  signup_open: boolean;
  password_chars: number;
  providers: Provider[];
}

/** Until the server has said otherwise. */
export const UNKNOWN_SERVER: ServerInfo = {
  name: 'Hubbub',
  signup_open: true,
  password_chars: 8,
  providers: [],
};

export async function askServer(): Promise<ServerInfo> {
  const response = await fetch('/api/v1/server');
  return response.ok ? ((await response.json()) as ServerInfo) : UNKNOWN_SERVER;
}
