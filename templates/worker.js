{% load static %}/* Muster's service worker. What it does stands in the file that it loads; here is what it has to know. {% static "css/muster.css" %} */
const STATIC = "{% get_static_prefix %}";
const KEPT_FOR = {{ kept_for }};
const SLOW_AFTER = {{ slow_after }};
importScripts("{% static "js/worker.js" %}");
