/** What every machine has that was started once: an identity and keys of its own. */
export const firstStart = `
echo 0123456789abcdef0123456789abcdef > /etc/machine-id
ssh-keygen -A > /dev/null
`;

/** For a script of `inMounted`: runs a script in a root. */
export function changeRoot(root: string, script: string): string {
  return `inside ${root} <<'END_OF_CHANGES'\n${script}\nEND_OF_CHANGES`;
}
