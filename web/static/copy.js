// A button that copies what stands in a box. Without this script a click into the box selects all of it.
"use strict";

for (const box of document.querySelectorAll("pre.to-copy")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-describedby", box.id);
  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(box);
    try {
      await navigator.clipboard.writeText(box.textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Selected: copy it with the keyboard";
    }
  });
  box.after(button);
}
