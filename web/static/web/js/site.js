// What every page needs: the phone menu, and forms that submit when a choice changes.

const toggle = document.querySelector("[data-nav-toggle]");
const menu = document.getElementById("site-nav");
toggle?.addEventListener("click", () => {
  const open = menu.classList.toggle("is-open");
  toggle.setAttribute("aria-expanded", String(open));
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}

// A refused form says so at once: focus its first wrong field.
document.querySelector("[aria-invalid='true']")?.focus();

// A table wider than its frame can be moved by keyboard too.
for (const frame of document.querySelectorAll(".table-scroll")) {
  if (frame.scrollWidth > frame.clientWidth) frame.tabIndex = 0;
}
