/** Who is spoken to in a message. */

import type { Block, Inline } from './ast';
import { parseMarkdown } from './parse';

/** Whether `content` names `user` with an @ (not inside code). */
export function mentions(content: string, user: string): boolean {
  return content.includes(`@${user}`) && parseMarkdown(content).some((block) => blockNames(block, user));
}

function blockNames(block: Block, user: string): boolean {
  switch (block.kind) {
    case 'paragraph':
      return inlineNames(block.children, user);
    case 'quote':
      return block.children.some((child) => blockNames(child, user));
    case 'list':
      return block.items.some((item) => inlineNames(item, user));
    case 'code':
      return false;
  }
}

function inlineNames(inlines: readonly Inline[], user: string): boolean {
  return inlines.some(
    (inline) =>
      (inline.kind === 'mention' && inline.user === user) ||
      ('children' in inline && inlineNames(inline.children, user)),
  );
}
