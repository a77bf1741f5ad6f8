var verifJSON={"functions":[{"name":"myproject", "data":[10, "120,130,125", "16,16,16"]}]};
