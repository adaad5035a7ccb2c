// − and + change the number in place. Without this they send the form, which does the same.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-stepper] button");
  if (!button) return;
  event.preventDefault();
  const input = button.parentElement.querySelector("input");
  const before = input.value;
  if (button.value === "1") input.stepUp();
  else input.stepDown();
  if (input.value !== before) input.dispatchEvent(new Event("change", { bubbles: true }));
});

// A button that would leave the limits rests; the one that has the focus keeps it.
document.addEventListener("change", (event) => {
  const stepper = event.target.closest?.("[data-stepper]");
  if (!stepper) return;
  const [fewer, more] = stepper.querySelectorAll("button");
  const input = stepper.querySelector("input");
  for (const [button, limit] of [[fewer, input.min], [more, input.max]]) {
    const rests = input.value === limit;
    if (rests && button === document.activeElement) input.focus();
    button.disabled = rests;
  }
});
