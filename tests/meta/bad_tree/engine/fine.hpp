#pragma once

#include <sluice/algebra/fine.hpp>
#include <sluice/impl/body.ipp>
#include <sluice/version.hpp>

#include <boost/asio/post.hpp>
