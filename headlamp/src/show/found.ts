/** Whether a word that a person looks for is in one of the texts, in any case. */
export function found(find: string, texts: string[]): boolean {
  const word = find.toLowerCase();
  return texts.some(text => text.toLowerCase().includes(word));
}
