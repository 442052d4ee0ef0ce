/** The mark: a drop of wax with the letter S pressed into it. */
export function Seal({ className = "" }: { className?: string }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 32 32" className={className}>
      <path
        className="fill-seal"
        d="M30.7 16.0C30.8 17.8 30.1 19.1 29.3 20.8C28.5 22.5 27.8 23.5 26.6 24.9C25.4 26.3 24.4 26.9 22.9 27.9C21.3 29.0 20.3 29.9 18.5 30.3C16.7 30.6 15.4 30.2 13.6 29.8C11.7 29.5 10.2 29.6 8.7 28.6C7.3 27.5 7.1 26.0 5.9 24.5C4.7 23.0 3.1 22.6 2.4 21.0C1.6 19.3 1.8 17.9 1.9 16.0C1.9 14.1 1.8 12.8 2.5 11.1C3.2 9.4 4.2 8.5 5.5 7.1C6.7 5.8 7.5 4.9 9.0 3.9C10.6 3.0 11.7 2.6 13.6 2.1C15.4 1.6 16.8 1.0 18.6 1.4C20.3 1.8 21.1 3.3 22.8 4.3C24.4 5.3 25.8 5.5 26.9 6.8C28.1 8.2 28.1 9.6 28.8 11.3C29.5 13.1 30.6 14.2 30.7 16.0Z"
      />
      <circle cx="16" cy="16" r="9.2" fill="none" stroke="#fff6ea" strokeOpacity=".5" strokeWidth=".9" />
      <path
        fill="none"
        stroke="#fff6ea"
        strokeWidth="2.1"
        strokeLinecap="round"
        d="M19.9 12.3c-.6-1.3-2-2.1-3.8-2.1-2.2 0-3.8 1.1-3.8 2.8 0 4 7.6 1.8 7.6 6 0 1.8-1.7 2.9-3.9 2.9-2 0-3.5-.9-4-2.3"
      />
    </svg>
  );
}
