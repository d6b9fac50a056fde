interface ChoiceProps<Name extends string> {
  /** What is chosen, for those who do not see it. */
  readonly label: string;
  /** What is written on each option. */
  readonly options: Readonly<Record<Name, string>>;
  readonly chosen: Name;
  readonly choose: (name: Name) => void;
}

/** One of a few, all in view. */
export function Choice<Name extends string>({ label, options, chosen, choose }: ChoiceProps<Name>) {
  const names = Object.keys(options) as Name[];
  return (
    <div class="choice" role="group" aria-label={label}>
      {names.map((name) => (
        <button key={name} type="button" aria-pressed={name === chosen} onClick={() => choose(name)}>
          {options[name]}
        </button>
      ))}
    </div>
  );
}
