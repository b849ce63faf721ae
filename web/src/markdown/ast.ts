/** What a message is made of once it has been read: blocks of inlines. Nothing here can carry markup or script. */

export type Block =
  | { kind: 'paragraph'; children: Inline[] }
  | { kind: 'code'; language: string; text: string }
  | { kind: 'quote'; children: Block[] }
  | { kind: 'list'; ordered: boolean; start: number; items: Inline[][] };

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'break' }
  | { kind: 'strong'; children: Inline[] }
  | { kind: 'em'; children: Inline[] }
  | { kind: 'strike'; children: Inline[] }
  | { kind: 'spoiler'; children: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'link'; href: string; children: Inline[] }
  | { kind: 'mention'; user: string };

export type Emphasis = 'strong' | 'em' | 'strike' | 'spoiler';

/** A user's name as it is shown. */
export type NameOf = (user: string) => string;

/** The words alone, for previews, notifications and screen readers. */
export function plainText(blocks: readonly Block[], nameOf: NameOf = (user) => user): string {
  return blocks
    .map((block) => blockText(block, nameOf))
    .join(' ')
    .replace(/\s+/gu, ' ')
    .trim();
}

function blockText(block: Block, nameOf: NameOf): string {
  switch (block.kind) {
    case 'paragraph':
      return inlineText(block.children, nameOf);
    case 'code':
      return block.text;
    case 'quote':
      return plainText(block.children, nameOf);
    case 'list':
      return block.items.map((item) => inlineText(item, nameOf)).join(' ');
  }
}

function inlineText(inlines: readonly Inline[], nameOf: NameOf): string {
  return inlines.map((inline) => wordsOf(inline, nameOf)).join('');
}

function wordsOf(inline: Inline, nameOf: NameOf): string {
  switch (inline.kind) {
    case 'text':
    case 'code':
      return inline.text;
    case 'break':
      return ' ';
    case 'mention':
      return `@${nameOf(inline.user)}`;
    case 'spoiler':
      return '▇▇▇'; // a preview must not give away what its writer hid
    default:
      return inlineText(inline.children, nameOf);
  }
}
