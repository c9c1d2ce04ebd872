variable "size" {
  type    = number
  default = 2
}
variable "region" {
  default = "nbg1"
}
variable "password" {
  default   = "correct-horse"
  sensitive = true
}
variable "check" {
  default = "true"
}

resource "terraform_data" "network" {
  input = { ip_range = "10.0.0.0/16" }
}

resource "terraform_data" "server" {
  input            = { size = var.size, network = terraform_data.network.id }
  triggers_replace = [var.region]

  provisioner "local-exec" {
    command = var.check
  }
}

resource "terraform_data" "record" {
  input = { name = "www", server = terraform_data.server.id }
}

resource "terraform_data" "login" {
  input = { name = "admin", password = var.password }
}

output "server" {
  value = terraform_data.server.id
}
