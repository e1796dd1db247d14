// The documentation of the API: Swagger UI on our own description, nothing from elsewhere.
const place = document.getElementById("api-docs");
window.SwaggerUIBundle({ url: place.dataset.spec, domNode: place, validatorUrl: null, deepLinking: true });
