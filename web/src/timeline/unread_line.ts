/**
 * Where the "new messages" line stands, honestly: above the first message of somebody else that came while one was not
 * looking. It stays where it is while one reads, and goes when one answers or leaves the chat.
 */

export interface Line {
  /** The seq of the first new message; undefined: there is no line. */
  readonly from: number | undefined;
}

export const NO_LINE: Line = { from: undefined };

/** On opening a chat: everything after the read cursor is new, if anything of others is. */
export function lineOnOpening(read: number, unread: number): Line {
  return unread > 0 ? { from: read + 1 } : NO_LINE;
}

/** A message of somebody else came. `looking`: the window has the focus and the end of the history is in view. */
export function lineAfter(line: Line, seq: number, looking: boolean): Line {
  return line.from === undefined && !looking ? { from: seq } : line;
}
