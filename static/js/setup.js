// Helps on the pages of set-up; everything works without them.

// A grid of numbers: arrow keys go from cell to cell, Ctrl+D fills the rest of the column.
for (const grid of document.querySelectorAll("[data-grid]")) {
  document.querySelector("[data-grid-help]").hidden = false;
  const rows = [...grid.tBodies[0].rows].map((row) => [...row.querySelectorAll("input")]);
  grid.addEventListener("keydown", (event) => {
    const y = rows.findIndex((cells) => cells.includes(event.target));
    const x = rows[y]?.indexOf(event.target) ?? -1;
    if (x < 0) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "d") {
      for (const cells of rows.slice(y + 1)) cells[x].value = event.target.value;
      event.target.dispatchEvent(new Event("change", { bubbles: true }));
    } else {
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      const next = step && rows[y + step[0]]?.[x + step[1]];
      if (!step || (!next && event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
      next?.focus();
      next?.select();
    }
    event.preventDefault();
  });
}
