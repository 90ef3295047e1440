/** A change of the program's text: where, as a regular expression of Perl, and by what, as an expression of it; both without a slash. */
export type ProgramChange = { readonly pattern: string; readonly replacement: string };

/** Fills up with spaces: the code that V8 has compiled before is for a text of that length, in which every function is at its place. */
const changing = ({ pattern, replacement }: ProgramChange): string => `
sub filled {
  my ($old, $new) = @_;
  my $spare = length($old) - length($new);
  die "longer than before by ", -$spare, "\\n" if $spare < 0;
  return $new . " " x $spare;
}
my $count = s/${pattern}/filled($&, ${replacement})/egs;
die "the program has this text $count times\\n" if $count != 1;
`;

/**
 * For a script that runs in an image's root: starts that have work to do load a program that is changed in one place. The one of
 * the system that then runs is what it was.
 */
export function withChangedProgram(change: ProgramChange): string {
  return `
cd /usr/lib/migrate
zstd -q -d migrate.cpio.zst -o second
cat > change <<'END_OF_CHANGE'
${changing(change)}
END_OF_CHANGE
perl -0777 -p -i change second
zstd -q -1 -f second -o migrate.cpio.zst
rm second change
cd /
`;
}
