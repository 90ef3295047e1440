/** A rule that cannot be read; the message shows the word that is wrong and says what is allowed. */
export class RuleError extends Error {
  override readonly name = 'RuleError';
}
