/** A message in one line. */

import { plainText, type NameOf } from './ast';
import { parseMarkdown } from './parse';

const READ = 300; // characters: more than any line shows

export function previewOf(content: string, nameOf: NameOf): string {
  return plainText(parseMarkdown(content.slice(0, READ)), nameOf);
}
