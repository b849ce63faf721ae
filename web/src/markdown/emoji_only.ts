/** Messages that are nothing but a few emoji are shown large. */

const ONE = String.raw`(?:\p{Regional_Indicator}{2}|[#*0-9]\ufe0f?\u20e3|\p{Extended_Pictographic}(?:\ufe0f|[\u{1f3fb}-\u{1f3ff}])?(?:\u200d\p{Extended_Pictographic}(?:\ufe0f|[\u{1f3fb}-\u{1f3ff}])?)*)`;
const FEW = new RegExp(`^(?:${ONE}\\s*){1,5}$`, 'u');

export function isEmojiOnly(content: string): boolean {
  return content.length <= 80 && FEW.test(content.trim());
}
