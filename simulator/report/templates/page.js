(function () {
  "use strict";
  var tip = document.getElementById("tip");
  function hide() { tip.style.visibility = "hidden"; }
  function show(event) {
    var mark = event.target.closest ? event.target.closest("[data-tip]") : null;
    if (!mark) { hide(); return; }
    tip.textContent = mark.getAttribute("data-tip");
    var box = tip.getBoundingClientRect();
    var left = Math.min(event.clientX + 14, window.innerWidth - box.width - 8);
    var top = event.clientY - box.height - 12;
    tip.style.left = Math.max(8, left) + "px";
    tip.style.top = (top < 8 ? event.clientY + 18 : top) + "px";
    tip.style.visibility = "visible";
  }
  document.addEventListener("pointermove", show);
  document.addEventListener("pointerdown", show);
  document.addEventListener("scroll", hide, { passive: true });
  var closed = [];
  window.addEventListener("beforeprint", function () {
    closed = Array.prototype.slice.call(document.querySelectorAll("details.print:not([open])"));
    closed.forEach(function (d) { d.open = true; });
  });
  window.addEventListener("afterprint", function () { closed.forEach(function (d) { d.open = false; }); });
})();
