// Fill in where this phone stands, if it can tell; typing always works.
const DECIMALS = 6;
const WAIT_MS = 15000;
const button = document.querySelector("[data-locate]");
const said = document.querySelector("[data-located]");

function fill({ coords }) {
  document.getElementById("latitude").value = coords.latitude.toFixed(DECIMALS);
  document.getElementById("longitude").value = coords.longitude.toFixed(DECIMALS);
  said.value = `已定位，误差约 ${Math.round(coords.accuracy)} 米`;
}

if (button && "geolocation" in navigator) {
  button.hidden = false;
  button.addEventListener("click", () => {
    said.value = "正在定位…";
    navigator.geolocation.getCurrentPosition(fill, () => { said.value = "定位不成，请照地图填写"; }, {
      enableHighAccuracy: true,
      timeout: WAIT_MS,
    });
  });
}
