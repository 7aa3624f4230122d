// Offers the browser's own time zone beside the field for one. Without this script its name can be typed.
"use strict";

const zoneForm = document.querySelector(".viewer");
const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (zoneForm && ownZone && zoneForm.zone.value !== ownZone) {
  const offer = document.createElement("button");
  offer.type = "button";
  offer.textContent = `Set ${ownZone}`;
  offer.addEventListener("click", () => {
    zoneForm.zone.value = ownZone;
    zoneForm.requestSubmit();
  });
  zoneForm.append(" ", offer);
}
