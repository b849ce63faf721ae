declare module 'virtual:emoji/en' {
  const lines: string;
  export default lines;
}
declare module 'virtual:emoji/zh-Hans' {
  const lines: string;
  export default lines;
}
