// Runs in the head, before anything is painted: the page never shows in one theme and then in the other.

/** Where the choice is kept; absent means: as the device does. */
export const themeKey = "signet.theme";

export const themeScript = `(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let chosen = null;
    try { chosen = localStorage.getItem("${themeKey}"); } catch {}
    document.documentElement.dataset.theme =
      chosen === "light" || chosen === "dark" ? chosen : dark.matches ? "dark" : "light";
  };
  apply();
  dark.addEventListener("change", apply);
})();`;
