app_name = "trainees"

urlpatterns = []
