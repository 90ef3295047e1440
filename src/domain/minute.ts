/** A date of ISO 8601 for a person, to the minute, in UTC; anything else as it stands. */
export function minuteOf(at: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(at) ? `${at.slice(0, 10)} ${at.slice(11, 16)}` : at;
}
