"""Every static file that a page or another file names is there."""

from django.core.management import call_command


def test_every_file_that_is_named_can_be_collected(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    manifest = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": manifest}
    call_command("collectstatic", interactive=False, verbosity=0)
    assert list(tmp_path.glob("css/muster.*.css.gz"))
