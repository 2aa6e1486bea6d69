/**
 * The form in which names and descriptions are compared: composed (macOS sends names decomposed) and in lower case.
 * Done here and not in SQL, because what `lower()` knows depends on the database's locale.
 */
export function foldText(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
